/**
 * Files that are whole or absent, and cdb, the constant database.
 */
@NullMarked
package org.postern.file;

import org.jspecify.annotations.NullMarked;
