/** POP before SMTP done properly. The rooms, and which may use which: ARCHITECTURE.md, held by ArchitectureTest. */
@NullMarked
package org.postern;

import org.jspecify.annotations.NullMarked;
