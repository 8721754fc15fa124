"""Validation rules, one per kind of value, for forms, live validation, search and exports.

A rule returns the value in its normal form or raises `InvalidValue`.
"""
