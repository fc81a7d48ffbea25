//! The fenced blocks of a page.

/// What stands under a heading.
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block.
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Block {
    /// The file that it is: a comment that is nothing but a path, in the first line or behind `#!`.
    pub(crate) fn path(&self) -> Option<&str> {
        let mut lines = self.text.lines();
        let path = lines.find(|line| !line.starts_with("#!"))?;
        path.strip_prefix("# ").filter(|path| path.starts_with('/'))
    }

    /// Its commands, each with the exit code that the page gives to it.
    pub(crate) fn commands(&self) -> Vec<(&str, i32)> {
        let lines = self.text.lines().filter(|line| !line.is_empty());
        let commands = lines.map(|line| match line.split_once("  # ends with ") {
            Some((command, code)) => (command, code.parse().unwrap()),
            None => (line, 0),
        });
        commands.collect()
    }
}

/// The sections of a page.
pub(crate) fn sections(page: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (Some(_), Some(_)) => {
                let section = sections.last_mut().unwrap();
                section.blocks.extend(open.take());
            }
            (None, Some(language)) => {
                let (language, text) = (language.to_owned(), String::new());
                open = Some(Block { language, text });
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    let (title, blocks) = (title.to_owned(), Vec::new());
                    sections.push(Section { title, blocks });
                }
            }
        }
    }
    assert!(open.is_none());
    sections
}
