//go:build tools

// Package tools names what is built from this module, so that go.sum holds every dependency.
package tools

import (
	_ "filippo.io/age/cmd/age"
)
