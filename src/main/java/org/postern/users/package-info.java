/**
 * Accounts and addresses: the words that auth, local and relay share.
 */
@NullMarked
package org.postern.users;

import org.jspecify.annotations.NullMarked;
