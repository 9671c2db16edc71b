export {
  decodeAndResize,
  type DecodedImage,
  decodeImage,
  type DecodeLimits,
  ImageReader,
  readImageSize,
} from './decode.ts';
export { encodeJpeg, encodePng, type Pixels } from './encode.ts';
export { ImageError, type ImageFault } from './image-error.ts';
export { decoderRevision } from './native.ts';
