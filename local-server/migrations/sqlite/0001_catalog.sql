CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    configured INTEGER NOT NULL,
    added INTEGER NOT NULL
) STRICT;

CREATE TABLE titles (
    pk INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    year INTEGER,
    added_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'unplayable')),
    duration_us INTEGER,
    problem_code TEXT,
    problem_detail TEXT,
    poster TEXT,
    -- Set when a poster was tried for this version of the file, with or without success.
    poster_tried INTEGER NOT NULL DEFAULT 0,
    -- Whether the folder of its file is in use.
    shown INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX titles_in_order ON titles (shown, sort_key, id);

-- Paths are bytes: names need not be UTF-8.
CREATE TABLE files (
    title INTEGER PRIMARY KEY REFERENCES titles (pk) ON DELETE CASCADE,
    folder INTEGER NOT NULL REFERENCES folders (id),
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL
) STRICT;

CREATE INDEX files_of_folder ON files (folder);

-- Apart from files, because they are large and a scan reads all files.
CREATE TABLE facts (
    title INTEGER PRIMARY KEY REFERENCES titles (pk) ON DELETE CASCADE,
    facts BLOB NOT NULL
) STRICT;

CREATE TABLE scans (
    id INTEGER PRIMARY KEY,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    probed INTEGER NOT NULL,
    complete INTEGER NOT NULL
) STRICT;

CREATE TABLE checks (id INTEGER PRIMARY KEY CHECK (id = 1), at_ms INTEGER NOT NULL) STRICT;

CREATE VIRTUAL TABLE title_words USING fts5 (
    name, content = 'titles', content_rowid = 'pk', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TRIGGER titles_inserted AFTER INSERT ON titles BEGIN
    INSERT INTO title_words (rowid, name) VALUES (new.pk, new.name);
END;

CREATE TRIGGER titles_deleted AFTER DELETE ON titles BEGIN
    INSERT INTO title_words (title_words, rowid, name) VALUES ('delete', old.pk, old.name);
END;

CREATE TRIGGER titles_renamed AFTER UPDATE OF name ON titles BEGIN
    INSERT INTO title_words (title_words, rowid, name) VALUES ('delete', old.pk, old.name);
    INSERT INTO title_words (rowid, name) VALUES (new.pk, new.name);
END;
