/** Pictures that belong together, each with what it shows. */
export interface PictureGroup {
  title: string;
  images: {
    caption: string;
    /** `data:image/png;base64,…`: a report asks for nothing when it is opened */
    dataUrl: string;
    /** that it is shown at, at most, in pixels; as wide as it is if absent */
    width?: number;
  }[];
}

/** Groups of pictures under their titles; nothing where there are none. @throws for a picture that lies elsewhere */
export function Pictures({ groups }: { groups: PictureGroup[] }) {
  return groups.map(({ title, images }) => (
    <section class="pictures">
      <h4>{title}</h4>
      <div class="row">
        {images.map(({ caption, dataUrl, width }) => (
          <figure>
            <img src={inline(dataUrl)} alt={caption} {...(width !== undefined && { width })} />
            <figcaption>{caption}</figcaption>
          </figure>
        ))}
      </div>
    </section>
  ));
}

function inline(url: string): string {
  if (!/^data:image\/(png|jpeg|webp);base64,/.test(url))
    throw new TypeError(`a picture of a report must be a data URL of a PNG, JPEG or WebP, got ${url.slice(0, 40)}`);
  return url;
}
