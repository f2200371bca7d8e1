/** Styles of the button and the frame on the host page. They live in a shadow root, as a constructed sheet: no style element, no inline style. */
export const STYLE = `
:host{all:initial}
button{position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:2147483000;width:56px;height:56px;border:2px solid transparent;border-radius:50%;background:#00717a;color:#fff;cursor:pointer;box-shadow:0 2px 8px rgb(0 0 0/25%);padding:0;display:grid;place-items:center}
button:focus-visible{outline:3px solid #00717a;outline-offset:3px}
button svg{width:26px;height:26px}
button span{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:20px;border-radius:10px;background:#c2181d;font:600 12px/20px system-ui,sans-serif;text-align:center}
button span:empty{display:none}
iframe{position:fixed;inset-block-end:88px;inset-inline-end:20px;z-index:2147483001;width:400px;height:min(640px,calc(100dvh - 108px));border:1px solid #81878d;border-radius:16px;background:#fff;box-shadow:0 8px 32px rgb(0 0 0/25%);color-scheme:normal}
iframe.expanded{width:min(720px,calc(100vw - 40px));height:calc(100dvh - 108px)}
iframe[hidden]{display:none}
@media(max-width:480px){iframe,iframe.expanded{inset:0;width:100%;height:100%;border:0;border-radius:0}}
@media(forced-colors:active){button{border-color:ButtonText}}
`;
