// GET requests to the addresses below the page's own.

import { PAGE } from "./page";

export class SignedOut extends Error {}

// Raises SignedOut when the session has ended.
export async function fetchHtml(path: string, params: URLSearchParams): Promise<DocumentFragment> {
  const template = document.createElement("template");
  template.innerHTML = await (await get(path, params)).text();
  return template.content;
}

export async function fetchJson<T>(path: string, params: URLSearchParams): Promise<T> {
  return (await (await get(path, params)).json()) as T;
}

async function get(path: string, params: URLSearchParams): Promise<Response> {
  const response = await fetch(`${PAGE.partialsUrl}${path}?${params.toString()}`);
  if (response.status === 401) throw new SignedOut();
  if (!response.ok) throw new Error(`${String(response.status)} ${response.statusText}`);
  return response;
}

// Without an answer the session may still be there.
export async function isSignedIn(): Promise<boolean> {
  try {
    await get("", new URLSearchParams());
    return true;
  } catch (error) {
    return !(error instanceof SignedOut);
  }
}
