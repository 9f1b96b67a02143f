import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';

/**
 * Describes the message of the library's own error Result:
 *
 * ```proto
 * message ErrorResult {
 *   string code = 1;
 *   string message = 2;
 *   string failure = 3;
 * }
 * ```
 */
export function errorResultSchema(): DescMessage {
  const field = (name: string, number: number) => ({ name, number, type: Type.STRING, label: Label.OPTIONAL });
  const file = create(FileDescriptorProtoSchema, {
    name: 'cmd_stream/error_result.proto',
    package: 'cmd_stream',
    syntax: 'proto3',
    messageType: [{ name: 'ErrorResult', field: [field('code', 1), field('message', 2), field('failure', 3)] }],
  });
  const registry = createFileRegistry(file, () => undefined);
  return registry.getMessage('cmd_stream.ErrorResult') as DescMessage;
}
