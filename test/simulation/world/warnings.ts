/** Catches what the process is warned of, and rejections that nobody handles, while it is there. */
export class Warnings implements Disposable {
  readonly all: string[] = [];
  readonly #emitWarning = process.emitWarning;
  readonly #rejected = (reason: unknown) => {
    this.all.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
  };

  constructor() {
    process.emitWarning = (warning: string | Error) => {
      this.all.push(String(warning));
    };
    process.prependListener('unhandledRejection', this.#rejected);
  }

  [Symbol.dispose](): void {
    process.emitWarning = this.#emitWarning;
    process.removeListener('unhandledRejection', this.#rejected);
  }
}
