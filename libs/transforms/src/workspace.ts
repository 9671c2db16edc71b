import { emptyImage, type FloatImage } from './image.ts';

/**
 * The buffers that a view passes through, kept from view to view: the source, which every view of an image reads, and two
 * between which operations that change the size pass the image on. What it hands out is valid until the next view.
 */
export class Workspace {
  #source = emptyImage(0, 0, 3);
  #passing: [FloatImage, FloatImage] = [emptyImage(0, 0, 3), emptyImage(0, 0, 3)];

  source(width: number, height: number, channels: number): FloatImage {
    this.#source = fitted(this.#source, width, height, channels);
    return this.#source;
  }

  /** A buffer of the size, with any values, that is not `current`. */
  next(current: FloatImage, width: number, height: number, channels: number): FloatImage {
    const slot = current === this.#passing[0] ? 1 : 0;
    const image = fitted(this.#passing[slot], width, height, channels);
    this.#passing[slot] = image;
    return image;
  }

  /** Where an operation that keeps the size writes: in place, but never to the source. */
  inPlace(current: FloatImage): FloatImage {
    return current === this.#source ? this.next(current, current.width, current.height, current.channels) : current;
  }
}

function fitted(image: FloatImage, width: number, height: number, channels: number): FloatImage {
  const fits = image.width === width && image.height === height && image.channels === channels;
  return fits ? image : emptyImage(width, height, channels);
}
