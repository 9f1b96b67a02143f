// For everyone who sends or serves Commands.
export { CmdStreamError, type CmdStreamErrorCode, type CmdStreamErrorDetails } from './errors/cmd-stream-error.ts';
export { Command } from './protocol/command.ts';
export {
  type CommandBuilder,
  type CommandDefinition,
  command,
  type ResultDefinition,
  type ResultOptions,
  result,
  type Schema,
} from './protocol/definitions.ts';
export { defineProtocol, type Protocol, type TaggedResult } from './protocol/protocol.ts';
