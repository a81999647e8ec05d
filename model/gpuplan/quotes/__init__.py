"""Quotes as they come in and go out: workbooks and tables read into offers, and offers written as workbooks."""
