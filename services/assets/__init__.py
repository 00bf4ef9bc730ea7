"""The book of instruments: what can be traded, under which symbol, in which steps and currency.

A symbol names an instrument in the whole platform and keeps its type, currency and increments
for life. Identifiers are verified by their check digits, nothing half-described is listed,
every change is streamed, and a stream resumes over restarts.
"""
