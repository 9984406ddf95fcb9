// What Django's admin and htmx put into the page.

interface Window {
  django?: { jQuery?: (callback: () => void) => void };
}

interface HtmxConfigRequest {
  formData: FormData;
}

interface HtmxBeforeSwap {
  xhr: XMLHttpRequest;
  shouldSwap: boolean;
}

interface HTMLElementEventMap {
  "htmx:configRequest": CustomEvent<HtmxConfigRequest>;
  "htmx:beforeRequest": CustomEvent;
  "htmx:beforeSwap": CustomEvent<HtmxBeforeSwap>;
  "htmx:responseError": CustomEvent;
  "htmx:sendError": CustomEvent;
  "htmx:timeout": CustomEvent;
}
