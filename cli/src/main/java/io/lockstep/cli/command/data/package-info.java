/** {@code lockstep data}: looks at records and pictures, and makes them. */
@NullMarked
package io.lockstep.cli.command.data;

import org.jspecify.annotations.NullMarked;
