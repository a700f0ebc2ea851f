#!/bin/sh
echo "$GREETING from an image built here"
