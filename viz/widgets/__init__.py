"""The three canvases that live in the browser: player, narrator and pixel editor, each a .py, a .js and a .css."""
