"""Logs, read and followed: frames, time stamps, lines that come in pieces, followers that reconnect."""
