import { create, toBinary } from '@bufbuild/protobuf';
import { fileDesc, type GenService, serviceDesc } from '@bufbuild/protobuf/codegenv2';
import { base64Encode } from '@bufbuild/protobuf/wire';
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  type StringValueSchema,
} from '@bufbuild/protobuf/wkt';

// What protoc-gen-es writes for a service of 3 methods.

const text = '.google.protobuf.StringValue';
const file = create(FileDescriptorProtoSchema, {
  name: 'echo.proto',
  package: 'test',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Echo',
      method: [
        { name: 'Read', inputType: text, outputType: text, options: { idempotencyLevel: 1 } },
        { name: 'Write', inputType: text, outputType: text },
        { name: 'Lines', inputType: text, outputType: text, serverStreaming: true },
      ],
    },
  ],
});
const described = fileDesc(base64Encode(toBinary(FileDescriptorProtoSchema, file)), [
  file_google_protobuf_wrappers,
]);

interface Method<Kind extends 'unary' | 'server_streaming'> {
  readonly methodKind: Kind;
  readonly input: typeof StringValueSchema;
  readonly output: typeof StringValueSchema;
}

export const Echo: GenService<{
  read: Method<'unary'>;
  write: Method<'unary'>;
  lines: Method<'server_streaming'>;
}> = serviceDesc(described, 0);
