import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { testEveryToxic } from './matrix.ts';

expectNothingLeft();
testEveryToxic('tcp');
