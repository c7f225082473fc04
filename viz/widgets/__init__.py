"""The canvases that live in the browser: a folder each, with the component, its ES module and its style sheet."""
