/**
 * The commands and links of the pages for people: read, understood as the real programs would, and
 * run. May import all of the cli.
 */
@NullMarked
package io.lockstep.cli.docs;

import org.jspecify.annotations.NullMarked;
