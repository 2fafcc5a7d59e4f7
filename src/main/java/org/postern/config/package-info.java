/**
 * The record tree of settings, and the readers that fill it: postern.toml, qmail's control directory.
 */
@NullMarked
package org.postern.config;

import org.jspecify.annotations.NullMarked;
