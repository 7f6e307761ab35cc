// The host of MCP Apps as its own library makes it: `show(theme)` connects the frame of the page, and what the
// view asks for is kept in `seen`.
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

globalThis.seen = { initialized: 0, links: [], sizes: [] };
globalThis.show = async (address, theme) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.style.cssText = "width: 100%; height: 300px; border: 0";
  document.body.append(frame);
  const bridge = new AppBridge(null, { name: "host", version: "1" }, { openLinks: {} }, { hostContext: { theme } });
  const ready = new Promise((done) => {
    bridge.oninitialized = () => { globalThis.seen.initialized += 1; done(); };
  });
  bridge.onopenlink = async ({ url }) => { globalThis.seen.links.push(url); return {}; };
  bridge.onsizechange = ({ height }) => {
    globalThis.seen.sizes.push(height);
    frame.style.height = `${height}px`;
  };
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.src = address;
  await ready;
  globalThis.bridge = bridge;
};
globalThis.give = async ({ arguments: given, result }) => {
  await globalThis.bridge.sendToolInput({ arguments: given });
  await globalThis.bridge.sendToolResult(result);
};
