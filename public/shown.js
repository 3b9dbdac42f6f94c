// How a file is shown, and where it is. Pure functions.

/** Whether it is shown by itself, and not as a card. */
export const isShown = (file) => file.preview === true && file.type.startsWith("image/");

/** Where it is. The name at the end is for the eye. */
export const pathOf = (file) => `/files/${file.id}/${encodeURIComponent(file.name === "preview" ? "file" : file.name.replaceAll("/", "_") || "file")}`;

export const previewOf = (file) => `/files/${file.id}/preview`;
