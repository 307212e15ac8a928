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
  if (!here.dataset.js) return;

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
    return import('/handles.js').then(function (script) {
      return script[action]();
    });
  }
  window.__perkoonHandles = handles;
  addEventListener(
    'dragenter',
    function () {
      handles('watch');
    },
    { once: true }
  );

  // Modules wait for the document; so does the app, whose shell is in it.
  function start() {
    import(here.dataset.js)
      .then(function (app) {
        return app.default({ module_or_path: here.dataset.wasm });
      })
      .catch(function (error) {
        if (!started()) fail(words(error));
      });
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
