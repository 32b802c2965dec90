/** What can be sent for review, known by its name: browsers disagree about types. */
const types: Record<string, string> = {
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  txt: "text/plain",
};

export const accepted = ".pdf,.docx,.txt";

/** The media type to send it by, or why it is not sent at all. Checked again by the API, by its content. */
export function fitToSend(file: File, mostBytes: number): { type: string } | { refusal: string } {
  const extension = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? "";
  const type = types[extension];
  if (!type) return { refusal: extension === "doc" ? "Old Word files (.doc) cannot be read. Save it as DOCX or PDF first." : "Only PDF, DOCX and TXT files can be read." };
  if (file.size === 0) return { refusal: "This file is empty." };
  if (file.size > mostBytes) return { refusal: `This file has ${megabytes(file.size)}; at most ${megabytes(mostBytes)} are read. Pictures are often what makes it large.` };
  return { type };
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
