import { openInspected, requests } from './support/request-stage.ts';
import { testMachine } from './support/suite.ts';

testMachine({ ...requests, name: 'request', open: openInspected });
