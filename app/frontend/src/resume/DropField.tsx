import { type DragEvent, useId, useState } from "react";
import { Icon } from "../ui/Icon";
import { accepted } from "./files";

/** A file by choosing or by dropping. The input is the control; the area around it only takes drops. */
export function DropField({ busy, most, chosen }: { busy: boolean; most: number; chosen: (file: File) => void }) {
  const field = useId();
  const [over, setOver] = useState(false);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && !busy) chosen(file);
  }

  return (
    <div
      className={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        id={field}
        type="file"
        accept={accepted}
        disabled={busy}
        aria-describedby={`${field}-hint`}
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file) chosen(file);
          // The same file can be chosen again after it was changed.
          target.value = "";
        }}
      />
      <label htmlFor={field} className="button strong">
        <Icon name="upload" /> Choose a file
      </label>
      <p id={`${field}-hint`} className="small quiet">
        PDF, DOCX or TXT, at most {Math.floor(most / 1024 / 1024)} MB. You can also drop it here.
      </p>
    </div>
  );
}
