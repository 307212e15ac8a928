// A transfer as people and scripts do it, through the pages.

const QUERY = { "sw-download": "?agent=true", opfs: "", "agent-opfs": "?agent=true&sink=opfs" };

/** A page that asks for no confirmation. */
async function openPage(context) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    localStorage.setItem("perkoon_skip_confirm_direct-confirm", "true");
    localStorage.setItem("perkoon_skip_confirm_staged-confirm", "true");
  });
  return page;
}

/** A sender's page with the file queued, and the link for whoever receives. */
export async function openSender(context, { url, file, agent = true }) {
  const from = await openPage(context);
  await from.goto(`${url}/create${agent ? "?agent=true" : ""}`);
  await from.getByTestId("tos-accept").check();
  await from.getByTestId("create-start").click();
  await from.getByTestId("session-code").waitFor();
  await from.setInputFiles('[data-testid="file-input"]', file);
  return { from, link: await from.evaluate(() => globalThis.__perkoon.session.shareUrl) };
}

/** Starts the transfer once a receiver is there. */
export async function start(from) {
  await from.waitForFunction(() => globalThis.__perkoon.participants.length === 2);
  await from.getByTestId("start-transfer").click();
}

/** A receiver's page. */
export async function openReceiver(context, { link, sink }) {
  const to = await openPage(context);
  await to.goto(link + QUERY[sink]);
  return to;
}

/** Waits until Accept can be clicked. */
export async function offered(to) {
  await to.getByTestId("transfer-accept").waitFor();
  const terms = to.getByTestId("transfer-tos-checkbox");
  if (await terms.isVisible()) await terms.check();
}

/** Opens a session in two contexts, with the file offered and Accept on the receiver's page. */
export async function offer({ sender, receiver, url, file, sink }) {
  const { from, link } = await openSender(sender, { url, file, agent: sink !== "opfs" });
  const to = await openReceiver(receiver, { link, sink });
  await start(from);
  await offered(to);
  return { from, to };
}

/** Page function: resolves at `complete`, with the time of the click on Accept, in milliseconds since 1970. */
function timeTransfer() {
  globalThis.measured = new Promise((resolve, reject) => {
    let started;
    const accept = document.querySelector('[data-testid="transfer-accept"]');
    accept.addEventListener("click", () => (started = performance.timeOrigin + performance.now()), { capture: true });
    document.addEventListener("perkoon:transfer:complete", () => resolve(started));
    document.addEventListener("perkoon:transfer:error", () => reject(new Error(JSON.stringify(globalThis.__perkoon.transfer.error))));
  });
  globalThis.measured.catch(() => undefined);
}

/** Accepts, waits until the transfer is complete and the file saved, and answers with the download and the seconds it took. */
export async function accept({ to }, timeout = 900_000) {
  const started = to.waitForEvent("download", { timeout });
  await to.evaluate(timeTransfer);
  await to.getByTestId("transfer-accept").click();
  const accepted = await to.evaluate(() => globalThis.measured);
  const download = await started;
  // Resolves when the browser has finished the file.
  await download.path();
  return { download, seconds: (Date.now() - accepted) / 1e3 };
}
