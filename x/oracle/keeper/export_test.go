package keeper

// PowerAt is powerAt, for tests.
var PowerAt = Keeper.powerAt
