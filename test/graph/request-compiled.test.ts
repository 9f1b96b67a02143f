import type { createSender } from 'cmd-stream';
import { vi } from 'vitest';
import { requestMachine } from '../../machines/request.ts';
import { openCompiled, requests } from './support/request-stage.ts';
import { testMachine } from './support/suite.ts';

/** A machine is compiled when the library is loaded: for each mutant that has to happen anew. */
let loaded: { readonly root: unknown; readonly create: typeof createSender } | undefined;

const WITHIN = 'what a caller sees is the same; which state it is shows with an inspector only, where it is caught';

testMachine({
  ...requests,
  name: 'compiled request',
  open: () => openCompiled(),
  async openMutant() {
    if (loaded?.root !== requestMachine.root) {
      vi.resetModules();
      vi.doMock('../../machines/request.ts', () => ({ requestMachine }));
      const library = await import('../../src/sender/create-sender.ts');
      loaded = { root: requestMachine.root, create: library.createSender };
    }
    return openCompiled(loaded.create);
  },
  equivalent: {
    '(root): begins in sent': WITHIN,
    'sent: command.returned: leads to sent': WITHIN,
    'sent: command.returned: leads to receiving': WITHIN,
  },
});
