/** Access to the reference fixtures for the tests of all packages. */
@NullMarked
package io.lockstep.model.testing;

import org.jspecify.annotations.NullMarked;
