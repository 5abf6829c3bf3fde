"""What a WSDL says, from its documents to what calls need of it."""
