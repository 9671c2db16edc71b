import { UsageError } from '#lib/contracts';

import { crop } from './crop.ts';
import { type FloatImage, type Target } from './image.ts';
import { type Box, type Size } from './resize.ts';
import { roundHalfToEven } from './rounding.ts';

/** Box of the middle; a half pixel over goes to the even side, as in torchvision. */
export function centerBox(image: Size, { height, width }: Size): Box {
  if (image.height < height || image.width < width)
    throw new UsageError(`center crop: ${height} × ${width} from an image of ${image.height} × ${image.width}`, {
      remedy: 'resize the image first, or ask for a smaller crop',
    });
  const top = roundHalfToEven((image.height - height) / 2);
  return { top, left: roundHalfToEven((image.width - width) / 2), height, width };
}

/** @throws UsageError if the image is smaller than the crop */
export function centerCrop(image: FloatImage, size: Size, target?: Target): FloatImage {
  return crop(image, centerBox(image, size), target);
}
