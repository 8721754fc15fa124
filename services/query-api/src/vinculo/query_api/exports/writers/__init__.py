"""Writers of rows as CSV, XLSX and PDF, column by column of each batch."""
