"""The words a person reads, in German, English and French: pages, mails, CSV labels.

`catalogue.py` looks a text up, `locale.py` writes numbers and times as the language does,
`errors.py` explains each error, `words.py` names states, media and functions.
"""
