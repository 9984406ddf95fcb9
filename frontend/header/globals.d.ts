// What Unfold's pages put into the page.

interface Window {
  Alpine?: { $data: (element: Element) => { switchTheme: (choice: string) => void } };
}

// A result of the search in the header, with the data attributes of its option; a page that shows it itself prevents the default.
interface DocumentEventMap {
  "search:open": CustomEvent<DOMStringMap>;
}
