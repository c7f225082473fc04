"""What each tab shows, a file a tab: results become payloads, charts and words; nothing here knows gradio."""
