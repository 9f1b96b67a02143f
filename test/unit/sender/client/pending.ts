import type { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import type { Command } from '../../../../src/protocol/command.ts';
import type { ResultEntry } from '../../../../src/protocol/protocol.ts';
import type { WhenSlow } from '../../../../src/sender/client/backlog.ts';
import type { Carrier, PendingCommand } from '../../../../src/sender/client/pending-command.ts';

/** A Command on its way that notes what happens to it. */
export class NotedCommand implements PendingCommand {
  readonly head = undefined;
  readonly command: Command;
  settled = false;
  readonly whenSlow: WhenSlow;
  seq = 0;
  received = 0;
  carrier: Carrier | undefined;
  readonly results: { readonly type: string; readonly value: unknown; readonly lastOne: boolean }[] = [];
  readonly errors: CmdStreamError[] = [];
  readonly returns: CmdStreamError[] = [];

  constructor(command: Command, whenSlow: WhenSlow = 'pause') {
    this.command = command;
    this.whenSlow = whenSlow;
  }

  sent(carrier: Carrier, seq: number): void {
    this.carrier = carrier;
    this.seq = seq;
  }

  result({ name }: ResultEntry, value: unknown, _size: number, lastOne: boolean): void {
    this.received++;
    this.results.push({ type: name, value, lastOne });
  }

  returned(error: CmdStreamError): void {
    this.returns.push(error);
  }

  failed(error: CmdStreamError): void {
    this.errors.push(error);
  }
}
