"""How much is taken in, kept and waited for, each with its reason; docs/bounds.md lists them.

A string below a value is its reason, and becomes its row in the docs.
"""

from datetime import timedelta

GREATEST_LOSS = 0.20
"""The part of the known tests that a refresh, an import or a build may lose without being told so."""

DOCUMENT_BYTES = 256 * 2**20
"""The most bytes of one document in an export or import: a test with 100,000 bugs has about 80 MB."""

MANIFEST_BYTES = 64 * 2**20
"""The most bytes of a manifest; one of 8,000 tests has about two million."""

VERSION_BYTES = 8 * 2**30
"""The most bytes of all documents of a version that is exported or imported."""

JSON_EXPORT_BYTES = 2**30
"""The most bytes of an export in JSON, which is read as a whole; a zip is read document by document."""

ZIP_LIST_BYTES = 32 * 2**20
"""The most bytes of the list of files in a zip: enough for 200,000 documents, read before anything else."""

ZIP_RATIO = 200
"""So many times larger than a zip its content may be; documents shrink to a tenth. An export that would be
beyond is not compressed."""

PARSED_BYTES = 768 * 2**20
"""The most memory that one parsed JSON text may take, estimated before it is parsed: brackets cost more than
they weigh, and 40 MB of them would take gigabytes."""

PARSED_MANIFEST_BYTES = 256 * 2**20
"""The same for a manifest; one of 100,000 tests takes about half."""

HISTORY_BYTES = 64 * 2**20
"""The most bytes of the history of reviews; beyond, the tests that changed longest ago are left out. 8,000
tests with 98,581 bugs take three million, and each change of a bug's status some twenty more."""

CLOCK_SLACK = timedelta(days=1)
"""So far ahead of this machine's clock a version's times may be: clocks differ, time zones get mixed up."""

FIRST_YEAR, LAST_YEAR = 1970, 8999
"""Times that are taken from a snapshot folder; beyond them days cannot be counted in every time zone."""

CHECKED_BYTES = 256 * 2**20
"""So much of what is stored a refresh checks by hash, going on where the last one stopped: half a second."""

SITE_LIST_BYTES = 64 * 2**20
"""The most bytes of the list of pages inside a site; one of 10,000 pages has about a million."""

PAGE_BYTES = 64 * 2**20
"""Larger files in the place of a page are not ours, and are not read."""

SITE_WAIT_SECONDS = 600
"""So long a build waits for another one of the same site."""

REPORT_LIST_BYTES = 2**20
"""The most bytes of the list of reports that the reader wrote; one of 5,000 names has half a million."""

INDEX_LIST_BYTES = 2**20
"""The most bytes of the list of check sums of a search index; it has a line for each of some ten files."""

FACTS_BYTES = 512 * 2**20
"""The most bytes of a product's normalised facts in the cache; a bug has about a thousand."""

PICKLED_BYTES = 64 * 2**20
"""The most bytes of one value in the search index; a row has some thousand."""

PICKLED_NAMES = 1_000_000
"""The most values that one value of the search index may refer to by number; memory is set aside by it."""

MENDED_BYTES = 8 * 2**20
"""The most bytes of an answer that is read again when it is no proper JSON, which takes ten times as long."""

TOKEN_BYTES = 4096
"""The most bytes of a token file; tokens have some dozens."""

PIPE_WAIT_SECONDS = 5.0
"""So long a pipe may take to hand over a token or settings; an ordinary file takes no time."""

SETTINGS_BYTES = 262_144
"""The most bytes of a settings file, or of a file with a public key; `.env.example` has eight thousand."""

MESSAGE_BYTES = 4 * 2**20
"""The most bytes of one message to the reader; arguments have some hundreds."""

HEAD_WAIT_SECONDS = 30.0
"""So long a connection to the server on the network stays without a whole request head."""

BODY_WAIT_SECONDS = 30.0
"""So long a client of the server on the network may take to send a request's body."""

KEYS_BYTES = 4 * 2**20
"""The most bytes of the file of API keys; one of 1,000 keys has about 400,000."""

CALL_ARGUMENTS = 200
"""The most arguments of one call, known or not; the tools have some dozens together."""

MESSAGE_DEPTH = 64
"""So many brackets may stand in each other in a message to the reader; arguments need five."""

CONTEXT_FILE_BYTES = 2**20
"""The most bytes of one context file; a list of 5,000 links to a tracker has half of it."""

CONTEXT_FILES = 10_000
"""So many context files are read; a note for every bug of a big account would be that many."""

CONTEXT_BYTES = 64 * 2**20
"""The most bytes of all context files together."""

CONTEXT_DEPTH = 8
"""So many lists and tables may stand in each other in a context file; the kinds need three."""

CONTEXT_VALUES = 50_000
"""The most values of one context file; 5,000 links to a tracker have 25,000."""

CONTEXT_FAULTS = 20
"""So many mistakes are told of one context file; the others are mostly of the same kind."""

NESTED_DEEPEST = 64
"""Levels of nesting of an answer that are kept; an upstream object has about eight."""

TEXT_LETTERS = 100_000
"""Letters of one upstream text that are kept; a long bug report has some thousand. The rest is cut off before
anything else is done with it."""

CREDENTIAL_LETTERS = 250_000
"""Letters of all credentials of an account's test environments that are cut out of texts: enough for 2,500
environments. An API that names more is not refreshed from."""

VALUE_LETTERS = 200
"""Letters of a state, a date or an id in a list of tests; longer ones are none, and 100,000 of them would
fill the memory."""

LIST_BYTES = 32 * 2**20
"""The most unpacked bytes of an answer with a list: the bugs of a busy test have three million, and 10,000
bugs go in. Of more, less is asked for at once; a test with more bugs than that is a gap."""

LIST_WEIGHT = 160 * 2**20
"""The most memory that such an answer may take once parsed, estimated before it is: 32 MB of brackets would
take three gigabytes."""

DETAIL_BYTES = 8 * 2**20
"""The most unpacked bytes of an answer with one object; a test with 100 features and their stories has half a
million."""

DETAIL_WEIGHT = 48 * 2**20
"""The most memory that such an answer may take once parsed, estimated before it is."""

LARGE_BYTES, LARGE_WEIGHT = 2 * 2**20, 16 * 2**20
"""Answers that are larger, or heavier once parsed, are read and redacted one at a time, so that ten of them
do not fill the memory together; tests whose details are larger are stored one at a time."""

OBJECT_WORK = 200_000
"""The most values of one object, five letters of text counting as one: a bug or a test has some thousand. So
no object keeps a refresh from its deadline."""

NEW_NAMES_WORK = 20
"""So many values a field counts as whose object has a set of names that was not met before: finding out what
such names say takes that long."""

SECONDS_AFTER_DEADLINE = 2.0
"""So long what was stored is looked through once more after the deadline; the rest is withdrawn."""

WAITING_BYTES = 64 * 2**20
"""The most bytes of tests that wait in memory until all credentials are known; others are fetched twice."""

PRODUCTS, PRODUCTS_WEIGHT = 2000, 64 * 2**20
"""Products, and bytes that they take in memory once parsed, after which a list that still brings new ones
never ends; a customer has some dozens, and 2,000 with ten sections each take 40 MB."""

SECTIONS = 1000
"""The most sections of a product whose features are asked for, each with a request."""

LIST_ROWS, LIST_REQUESTS = 100_000, 5_000
"""Rows of all lists of tests together, and requests for one, after which lists that still bring new ones
never end."""

PRODUCTS_SHARE, LISTS_SHARE = 0.25, 0.5
"""The parts of a deadline after which products, and then lists of tests, are not read further: the rest of
the time is for the tests that were found."""

LEARN_SHARE = 0.9
"""The part of a deadline after which tests are not read further for their credentials alone: nothing is
stored before all are known, and what was found is stored in the rest."""

FINGERPRINTS = 50_000
"""The most marks of credentials that a version notes as looked for; older ones are forgotten first."""

REMEMBERED_LETTERS = 4_000_000
"""The most letters of answers that the reader keeps for equal calls over the same version; one has some
thousand, and takes about three times as much memory."""
