//! Scanning with a store on disk and an examiner that knows no media.
