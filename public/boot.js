// Runs before anything else: the chosen theme before the first paint, an idle `window.__perkoon`, the app's start, and a plain
// message when it cannot start.
(function () {
  'use strict';

  var root = document.documentElement;
  var here = document.currentScript;
  var theme = null;
  try {
    theme = localStorage.getItem('perkoon_theme');
  } catch (refused) {
    // Without storage the system's theme is used.
  }
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;

  window.__perkoon = {
    version: here.dataset.version || '',
    session: null,
    participants: [],
    transfer: {
      id: null,
      status: 'idle',
      percent: 0,
      bytesTransferred: 0,
      totalBytes: 0,
      speed: 0,
      eta: null,
      durationMs: null,
      error: null,
    },
    files: [],
  };

  // A page that is only text has no app to start.
  if (!here.dataset.wasm) return;

  // Every address of the app lies in the folder that this script comes from, and names others from there. A host may show it elsewhere: by
  // its file or in a folder (`create.html`, `create/`), and where nothing is however deep. The address is then made one of that folder.
  var folder = new URL('.', here.src);
  var address = new URL(location);
  var name = address.pathname.slice(folder.pathname.length).replace(/\/?(index)?(\.html|\/)$/, '');
  address.pathname = folder.pathname + name.replace(/\//g, '%2F');
  history.replaceState(history.state, '', address);
  here.dataset.folder = folder;

  // What may become a script or markup here, in browsers that ask (docs/decisions/0009): the workers, and what the program holds of
  // markup that never changes, which is words, classes, links within this site, and drawings. Whatever else is refused, wherever it comes from.
  var WORKERS = ['sw.js', 'opfs-writer.js', 'place-writer.js'];
  var STILL = /^(?:[^<]|<\/[a-z\d]+>|<(?:a|button|circle|code|div|em|h\d|label|li|line|ol|p|path|span|strong|summary|svg|ul)(?: (?:(?:aria-[a-z]+|class|d|for|r|rel|role|target|type|viewBox|[cxy][xy\d])="[^"]*"|href="(?:\.\/|[a-z]*)"))*>)*$/;
  if (window.trustedTypes) {
    trustedTypes.createPolicy('default', {
      createHTML: function (markup) {
        return STILL.test(markup) ? markup : null;
      },
      createScriptURL: function (address) {
        return WORKERS.indexOf(address) < 0 ? null : address;
      },
    });
  }

  function started() {
    return 'ready' in root.dataset;
  }

  function paragraph(text) {
    var element = document.createElement('p');
    element.textContent = text;
    return element;
  }

  function show(reason) {
    var main = document.querySelector('#shell main');
    if (!main || started() || 'failed' in root.dataset) return;
    root.dataset.failed = '';
    var title = document.createElement('h1');
    title.textContent = 'Perkoon could not start';
    var reload = document.createElement('button');
    reload.type = 'button';
    reload.className = 'button primary';
    reload.textContent = 'Reload';
    reload.addEventListener('click', function () {
      location.reload();
    });
    var detail = paragraph(reason);
    detail.className = 'quiet small';
    main.setAttribute('role', 'alert');
    main.replaceChildren(
      title,
      paragraph('A part of the page did not load, or this browser is too old to run it. Nothing was sent or received.'),
      reload,
      detail
    );
  }

  function fail(reason) {
    if (document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', function () {
        show(reason);
      });
    } else {
      show(reason);
    }
  }

  function words(error) {
    return String((error && error.message) || error || 'Unknown reason');
  }

  addEventListener(
    'error',
    function (event) {
      var source = event.target && (event.target.src || event.target.href);
      if (!started()) fail(source ? 'Could not load ' + source : words(event.error || event.message));
    },
    true
  );
  addEventListener('unhandledrejection', function (event) {
    if (!started()) fail(words(event.reason));
  });

  // Finds dropped files again after a reload; few need it.
  function handles(action) {
    return import('./handles.js').then(function (script) {
      return script[action]();
    });
  }
  window.__perkoonHandles = handles;
  addEventListener(
    'dragenter',
    function () {
      // Without it files are dropped all the same.
      handles('watch').catch(function () {});
    },
    { once: true }
  );

  // Asked for now, so that it comes with the glue; a build that nobody has shrunk has no digests.
  var wasm = fetch(here.dataset.wasm, { integrity: here.dataset.integrity || '' });

  // The glue has been compared with its digest when it has run as a script of the page, which waits for the shell; this gets hold of it.
  document.addEventListener(
    'load',
    function (event) {
      if (event.target.type !== 'module') return;
      import(event.target.src)
        .then(function (app) {
          return app.default({ module_or_path: wasm });
        })
        .catch(function (error) {
          if (!started()) fail(words(error));
        });
    },
    true
  );
})();
