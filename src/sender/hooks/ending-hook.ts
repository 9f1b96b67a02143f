/** The hooks that end a send. */
export type EndingHook = 'onError' | 'onTimeout' | 'onCancel';
