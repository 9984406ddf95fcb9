// What the page says of itself: who looks at it, and where its parts are.

const { after, heartbeat, live, login, mayAssign, mayRecommend, types } = document.body.dataset as Record<string, string>;

export const PAGE = {
  after: Number(after),
  heartbeatSeconds: Number(heartbeat),
  live: live!,
  login: login!,
  types: types!,
  mayAssign: mayAssign !== undefined,
  mayRecommend: mayRecommend !== undefined,
};

export const one = <T extends HTMLElement>(selector: string, within: ParentNode = document): T => {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
};

export const all = <T extends HTMLElement>(selector: string, within: ParentNode = document): T[] => [
  ...within.querySelectorAll<T>(selector),
];

export class SignedOut extends Error {}

// The HTML at an address below the page's own. Raises SignedOut.
export async function fetchHtml(path: string, params: URLSearchParams): Promise<DocumentFragment> {
  const text = await (await fetchLive(path, params)).text();
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

export async function fetchJson<T>(path: string, params: URLSearchParams): Promise<T> {
  return (await (await fetchLive(path, params)).json()) as T;
}

async function fetchLive(path: string, params: URLSearchParams): Promise<Response> {
  const answer = await fetch(`${PAGE.live}${path}?${params}`);
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer;
}

// Says it to those who listen to the page. The same words twice are said twice.
export function announce(text: string): void {
  const region = one("[data-announce]");
  region.textContent = region.textContent === text ? `${text} ` : text;
}
