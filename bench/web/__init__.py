"""The browser's pages: pictures of each, and what they weigh and cost."""
