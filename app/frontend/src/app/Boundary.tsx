import { Component, type ReactNode } from "react";
import { Notice } from "../ui/Notice";

/** What a page throws while it is drawn or fetched ends here, not in an empty window. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert">
        <Notice tone="bad" title="This page could not be opened">
          <p>The app may have been renewed meanwhile, or the connection broke. What you entered is kept.</p>
          <button type="button" className="button" onClick={() => window.location.reload()}>
            Load it again
          </button>
        </Notice>
      </div>
    );
  }
}
