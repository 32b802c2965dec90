import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Explorer } from "./explorer/Explorer";
import "./style.css";

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <Explorer />
    </StrictMode>,
  );
