import { type Compiler } from './compiler.ts';
import { buildModule, moduleFlags } from './native-module.ts';
import { type RunTool, runTool } from './run-tool.ts';

export interface JpegDecoderPlace {
  /** libs/images/native/jpeg.cc */
  source: string;
  /** The package node-api-headers. */
  headersFolder: string;
  /** The module in the cache. */
  built: string;
}

/**
 * Builds the decoder of plain JPEGs, which opens libjpeg-turbo's library when it is used.
 *
 * @throws SetupError when it does not compile or load
 */
export async function buildJpegDecoder(
  { source, headersFolder, built }: JpegDecoderPlace,
  compiler: Compiler,
  run: RunTool = runTool,
): Promise<void> {
  const make = (out: string, compile: (args: string[]) => Promise<void>) =>
    compile([...moduleFlags(headersFolder), '-O2', source, '-shared', '-o', out, '-ldl']);
  await buildModule({ name: 'the JPEG decoder', built, make }, compiler, run);
}
