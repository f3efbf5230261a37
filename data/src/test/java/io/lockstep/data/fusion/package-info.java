@NullMarked
package io.lockstep.data.fusion;

import org.jspecify.annotations.NullMarked;
