/** Recipes made of what other programs are told. Imports {@code config} and the worker's recipe. */
@NullMarked
package io.lockstep.cli.recipe;

import org.jspecify.annotations.NullMarked;
